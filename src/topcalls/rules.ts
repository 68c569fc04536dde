/** Where a rule comes from: TopCalls' own pages, our inference, or a decision of the fake where nobody outside can know. */
export type Source = 'documented' | 'inferred' | 'fake'

/** Every rule with its source; docs/fidelity.md says what it is. */
export const rules = {
  R1: 'documented',
  R2: 'documented',
  R3: 'documented',
  R4: 'inferred',
  B1: 'documented',
  B2: 'documented',
  B3: 'documented',
  B4: 'documented',
  B5: 'documented',
  B6: 'documented',
  B7: 'inferred',
  B8: 'inferred',
  B9: 'inferred',
  B10: 'inferred',
  B11: 'inferred',
  B12: 'inferred',
  B13: 'inferred',
  B14: 'inferred',
  B15: 'inferred',
  S1: 'fake',
  S2: 'fake'
} as const satisfies Record<string, Source>

export type RuleId = keyof typeof rules

/** The marks of a schema node: the rule behind it, where that comes from, and what a client is told when it is broken. */
export const enforcing = (rule: RuleId, message?: string) => ({
  'x-topcalls-rule': rule,
  'x-topcalls-source': rules[rule],
  ...(message && { 'x-topcalls-message': message })
})
