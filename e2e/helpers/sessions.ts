import { Vigia } from '../../packages/client/src/index.ts'
import { demoPhotos } from '../../packages/server/src/cli/demo-photos.ts'
import { fixturePcm } from '../../packages/server/test/helpers/audio.ts'

/** A finished session of a synthetic recording, made without a browser. */
export async function makeSession(url: string, fixture: Parameters<typeof fixturePcm>[0] = 'es-dialogo'): Promise<string> {
  const live = new Vigia({ url }).live()
  const pcm = fixturePcm(fixture)
  for (let at = 0; at < pcm.length; at += 64_000) live.sendAudio(pcm.slice(at, at + 64_000))
  await live.end()
  return live.sessionId!
}

/** Sends the demo's drawings as photos of a session, at their moments. */
export async function sendDemoPhotos(url: string, sessionId: string): Promise<void> {
  const vigia = new Vigia({ url })
  const began = new Date((await vigia.session(sessionId)).created_at).getTime()
  for (const { jpeg, atMs } of demoPhotos()) {
    await vigia.photo(new Blob([jpeg as Uint8Array<ArrayBuffer>]), { sessionId, takenAt: new Date(began + atMs) })
  }
}
