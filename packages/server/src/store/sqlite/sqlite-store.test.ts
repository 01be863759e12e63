import { storeContract } from '../contract/store-contract.ts'
import { openHarness, TEST_KEY } from './testing/harness.ts'

storeContract('sqlite', async () => await openHarness())
storeContract('sqlite, encrypted', async () => await openHarness({ key: TEST_KEY }))
