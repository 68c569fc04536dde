export const strictnesses = ['documented', 'inferred', 'strict'] as const

/** `documented` enforces only what TopCalls documents, `inferred` adds our inferences, `strict` punishes bad habits. */
export type Strictness = (typeof strictnesses)[number]

/** `any`: each well-formed key that is not listed is an account of its own. `list`: only listed keys count. */
export const authModes = ['any', 'list'] as const
export type AuthMode = (typeof authModes)[number]
