import {
  type Camera,
  type ErrorCode,
  indexedDbKeep,
  type LiveSession,
  type Microphone,
  openCamera,
  openMicrophone,
  openPlayer,
  PhotoQueue,
  type Player,
} from '@vigia/client'
import { useCallback, useEffect, useReducer, useRef, useState } from 'react'
import type { TextKey } from '../i18n/i18n.ts'
import { api } from '../std/api.ts'
import type { Settings } from '../std/settings.ts'
import { IDLE, type LiveView, reduceLive } from './live-state.ts'

/** Audio that is not confirmed outlives the page. */
export const keep = indexedDbKeep()

export interface LiveControls {
  view: LiveView
  level: number
  offRecord: boolean
  /** When it began, by `performance.now()`. */
  startedAt: number | null
  /** When the server last confirmed audio, by `performance.now()`. */
  heardAt: number | null
  waitingPhotos: number
  camera: Camera | null
  /** It answers by voice. */
  isAssistant: boolean
  problem: TextKey | null
  start: (options: Settings) => Promise<void>
  finish: () => void
  mark: (label: string) => void
  photo: () => void
  setOffRecord: (off: boolean) => void
  hush: () => void
  say: (text: string) => void
  seenAlert: (id: string) => void
  reset: () => void
}

interface Parts {
  session: LiveSession
  mic: Microphone
  camera: Camera | null
  player: Player | null
  photos: PhotoQueue
  timer: number
}

export function useLive(): LiveControls {
  const [view, dispatch] = useReducer(reduceLive, IDLE)
  const [level, setLevel] = useState(0)
  const [offRecord, setOff] = useState(false)
  const [startedAt, setStartedAt] = useState<number | null>(null)
  const [heardAt, setHeardAt] = useState<number | null>(null)
  const [waitingPhotos, setWaiting] = useState(0)
  const [camera, setCamera] = useState<Camera | null>(null)
  const [isAssistant, setAssistant] = useState(false)
  const [problem, setProblem] = useState<TextKey | null>(null)
  const parts = useRef<Parts | null>(null)
  const quiet = useRef(false)

  const release = useCallback(async () => {
    const open = parts.current
    parts.current = null
    if (!open) return
    clearInterval(open.timer)
    open.camera?.stop()
    setCamera(null)
    setLevel(0)
    await open.mic.stop()
    await open.player?.close()
  }, [])
  useEffect(() => () => void release(), [release])

  const photo = useCallback(() => {
    const open = parts.current
    if (!open?.camera || quiet.current) return
    const takenAt = new Date()
    const taken = open.camera.takePhoto().then((image) => {
      open.photos.add({ image, takenAt, ...(open.session.sessionId ? { sessionId: open.session.sessionId } : {}) })
      setWaiting(open.photos.length)
    })
    taken.catch(() => {}) // a camera that was closed while it took one
  }, [])

  const start = useCallback(
    async (options: Settings) => {
      setProblem(null)
      if (!navigator.mediaDevices) return setProblem('insecure')
      const vigia = api()
      let session: LiveSession | null = null
      let player: Player | null = null
      try {
        // the same tap asks for both, and starts sound
        player = options.assistant ? await openPlayer({ onPlayed: (played) => told(session, played) }) : null
        const early: Uint8Array[] = []
        const mic = await openMicrophone({
          onAudio: (bytes) => (session ? session.sendAudio(bytes) : void early.push(bytes)),
          onLevel: setLevel,
          onGap: (ms, reason) => session?.gap(ms, reason),
        })
        dispatch({ type: 'opened' })
        setAssistant(options.assistant)
        setStartedAt(performance.now())
        setHeardAt(null)
        session = vigia.live({
          encoding: mic.encoding,
          sample_rate: mic.sample_rate,
          language: options.spoken,
          // `decisions` bring the times of each turn
          ...(options.assistant ? { mode: 'assistant', events: ['decisions'] } : {}),
          client: { name: 'web', aec: mic.aec, mic: 'phone' },
          keep,
        })
        // before anything is waited for: the first messages come soon
        session.on('*', (event) => {
          if (event.type === 'ack') setHeardAt(performance.now())
          if (event.type === 'reply_sound') player?.play(event.reply_id, event.data, event.sample_rate)
          else if (event.type === 'reply_interrupted') player?.stop()
          else if (event.type === 'need_frame') photo()
          dispatch(event)
        })
        for (const bytes of early) session.sendAudio(bytes)
        const eyes = options.camera ? await openCamera().catch(() => null) : null
        if (options.camera && !eyes) setProblem('cameraDenied')
        const photos: PhotoQueue = new PhotoQueue({
          send: (taken) =>
            vigia.photo(taken.image, { ...taken, ...(session?.sessionId ? { sessionId: session.sessionId } : {}) }),
          onObservation: (observation) => {
            dispatch({ type: 'observation', observation })
            setWaiting(photos.length - 1)
          },
          onDropped: () => setWaiting(photos.length),
        })
        const timer = window.setInterval(photo, options.photoEveryS * 1000)
        parts.current = { session, mic, camera: eyes, player, photos, timer }
        setCamera(eyes)
        if (eyes) window.setTimeout(photo, 1500)
        session.finished.then(release, (error: { code?: ErrorCode; message: string; hint?: string }) => {
          if (error.code !== 'aborted')
            dispatch({
              type: 'error',
              code: error.code ?? 'internal',
              message: error.message,
              retryable: false,
              ...(error.hint ? { hint: error.hint } : {}),
            })
          void release()
        })
      } catch (error) {
        session?.close()
        void player?.close()
        dispatch({ type: 'reset' })
        setProblem(reasonOf(error))
      }
    },
    [photo, release],
  )

  const finish = useCallback(() => {
    const open = parts.current
    if (!open) return
    clearInterval(open.timer)
    open.camera?.stop() // it sees nothing more while the session is finished
    open.camera = null
    setCamera(null)
    open.player?.stop()
    void open.mic.stop().then(() => open.session.end().catch(() => {}))
  }, [])

  const setOffRecord = useCallback((off: boolean) => {
    quiet.current = off
    parts.current?.mic.mute(off)
    setOff(off)
  }, [])

  const mark = useCallback(
    (label: string) => {
      const id = parts.current?.session.sessionId
      if (!id) return
      const at = startedAt === null ? 0 : (performance.now() - startedAt) / 1000
      dispatch({ type: 'marked', at, label })
      void api()
        .mark(id, { label, at: Math.round(at * 10) / 10 })
        .catch(() => {})
    },
    [startedAt],
  )

  return {
    view,
    level,
    offRecord,
    startedAt,
    heardAt,
    waitingPhotos,
    camera,
    isAssistant,
    problem,
    start,
    finish,
    mark,
    photo,
    setOffRecord,
    hush: () => {
      parts.current?.player?.stop()
      parts.current?.session.send({ type: 'interrupt' })
    },
    say: (text) => parts.current?.session.send({ type: 'text', text }),
    seenAlert: (id) => dispatch({ type: 'alert_seen', id }),
    reset: () => {
      setOffRecord(false)
      dispatch({ type: 'reset' })
    },
  }
}

function told(session: LiveSession | null, { replyId, playedMs }: { replyId: number; playedMs: number }): void {
  session?.send({ type: 'playback', played_ms: Math.round(playedMs), reply_id: replyId })
}

function reasonOf(error: unknown): TextKey {
  const name = error instanceof Error ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'micDenied'
  return name === 'NotFoundError' ? 'micMissing' : 'error'
}
