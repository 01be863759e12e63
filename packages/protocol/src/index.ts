/** The contract of Vigía: every native message, the report, the observation, sessions over HTTP, and the error codes. */

export * from './asyncapi.ts'
export * from './client-messages.ts'
export * from './common.ts'
export * from './errors.ts'
export * from './http.ts'
export * from './json-schema.ts'
export * from './observation.ts'
export * from './openapi.ts'
export * from './report.ts'
export * from './server-messages.ts'
export * from './session.ts'
export * from './views.ts'
