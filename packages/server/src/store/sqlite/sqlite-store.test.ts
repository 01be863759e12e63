import { storeContract } from '../contract/store-contract.ts'
import { openHarness } from './testing/harness.ts'

storeContract('sqlite', async () => await openHarness())
