import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { startVitest } from 'vitest/node'

/** Runs the suites on fakes that break every promise: each test must fail. */
it.each(['vad', 'asr', 'vision', 'llm'])('every test of the %s suite fails on a broken fake', async (port) => {
  const suite = fileURLToPath(new URL(`./broken/${port}.suite.ts`, import.meta.url))
  const run = await startVitest('test', [], {
    watch: false,
    config: false,
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: [suite],
    reporters: [{}],
    testTimeout: 3000,
  })
  const tests = run.state.getTestModules().flatMap((module) => [...module.children.allTests()])
  await run.close()
  expect(tests.length).toBeGreaterThan(4)
  const passed = tests.filter((test) => test.result().state === 'passed').map((test) => test.name)
  expect(passed).toEqual([])
})
