import fc from 'fast-check'

/**
 * CI repeats the same cases each time, so that it says what a change did; everywhere else the cases are new at each run.
 * `VIGIA_TEST_SEED` repeats a run that failed.
 */
const seed = process.env.VIGIA_TEST_SEED ?? (process.env.CI ? '20261120' : undefined)
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) })
