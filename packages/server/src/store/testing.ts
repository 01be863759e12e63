/** What tests of other rooms need of a store. */
export { nodeFiles as plainFiles } from './sqlite/files.ts'
