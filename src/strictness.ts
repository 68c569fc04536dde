export const strictnesses = ['documented', 'inferred', 'strict'] as const

/** `documented` enforces only what TopCalls documents, `inferred` adds our inferences, `strict` punishes bad habits. */
export type Strictness = (typeof strictnesses)[number]
