export * from '../std/addresses.ts'
