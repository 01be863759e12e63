import { expect, it } from 'vitest'
import { Simulation, type SimulationResult } from './simulation.ts'

/**
 * Seeded worlds in which processes die, power goes, disks fail and networks break. `VIGIA_SIM_SEEDS` makes it longer,
 * `VIGIA_SIM_SEED` repeats one and `VIGIA_SIM_TRACE` prints it. CI takes the same seeds each time, every other run takes new ones.
 */

const SEEDS = Number(process.env.VIGIA_SIM_SEEDS ?? 40)
const FIRST =
  process.env.VIGIA_SIM_SEED !== undefined
    ? Number(process.env.VIGIA_SIM_SEED)
    : process.env.CI
      ? 1
      : Math.floor(Math.random() * 1e9)

const world = async (seed: number): Promise<SimulationResult> => {
  try {
    return await new Simulation(seed).run()
  } catch (error) {
    throw new Error(`VIGIA_SIM_SEED=${seed} VIGIA_SIM_SEEDS=1: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    })
  }
}

it(`loses nothing that was promised and stores everything once, in ${SEEDS} worlds from seed ${FIRST}`, {
  timeout: 60_000 + SEEDS * 3000,
}, async () => {
  const sum = { deaths: 0, cuts: 0, badDisks: 0, bytes: 0 }
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const result = await world(seed)
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += result[key]
  }
  console.log(
    `seeds ${FIRST} to ${FIRST + SEEDS - 1}: ${sum.deaths} deaths, ${sum.cuts} cuts, ${sum.badDisks} failing disks, ${sum.bytes} bytes, 0 lost`,
  )
})

it('makes the same world of the same seed', { timeout: 60_000 }, async () => {
  for (const seed of [11, 12, 13]) expect(await world(seed)).toEqual(await world(seed))
  expect((await world(11)).trace).not.toBe((await world(12)).trace)
})
