/**
 * `VIGIA_TEST_ENCRYPTED=1` runs the durability tests on encrypted data directories: kills, crash states, disk faults, simulator. Null
 * without it.
 */
export const testKey: Buffer | null = process.env.VIGIA_TEST_ENCRYPTED ? Buffer.alloc(32, 'vigia-test-key') : null
