/** The power cuts on encrypted data directories, in a small size; `VIGIA_TEST_ENCRYPTED=1` runs any of them so in its own. */
process.env.VIGIA_TEST_ENCRYPTED = '1'
process.env.VIGIA_CRASH_STATES ??= '400'

await import('./crash-states.test.ts')
