export const strictnesses = ['documented', 'inferred', 'strict'] as const

/** `documented` enforces only what TopCalls documents, `inferred` adds our inferences, `strict` punishes bad habits. */
export type Strictness = (typeof strictnesses)[number]

export const durabilities = ['full', 'relaxed'] as const

/**
 * `full`: an answer is sent after the disk has it. `relaxed`: after the operating system has it, so that a power loss, but
 * no crash of the program, may take the last answers back.
 */
export type Durability = (typeof durabilities)[number]

/** `any`: each well-formed key that is not listed is an account of its own. `list`: only listed keys count. */
export const authModes = ['any', 'list'] as const
export type AuthMode = (typeof authModes)[number]
