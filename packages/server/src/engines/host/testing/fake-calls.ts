export type FakeCalls = {
  load: { params: 'exit' | 'hang' | 'refuse' | 'oom' | null; result: number }
  echo: { params: unknown; result: unknown }
  environment: { params: null; result: string[] }
  exit: { params: number; result: never }
  kill: { params: NodeJS.Signals; result: never }
  oom: { params: null; result: never }
  block: { params: number; result: null }
  fail: { params: null; result: never }
  count: { params: number; result: number; part: number }
  untilAborted: { params: null; result: null }
  flood: { params: number; result: null }
  garbage: { params: null; result: null }
}

export const FAKE_ENGINE = new URL('./fake-engine.ts', import.meta.url)
