import type { RuleId } from './rules.ts'

/** Rules that are kept, or met, in each situation of a certain name, and so are counted with it. */
export const comesWith: { [Rule in RuleId]?: string } = {
  R1: 'created',
  R2: 'created',
  R3: 'created',
  B1: 'created',
  B3: 'created',
  B5: 'trunk-reg',
  B6: 'trunk-auth',
  B10: 'trunk-reg',
  B11: 'trunk-auth',
  A1: 'created',
  A2: 'created',
  A3: 'created',
  E2: 'body-refused',
  E3: 'body-refused',
  E4: 'body-refused',
  E5: 'key-refused',
  E6: 'scope-missing',
  I5: 'replay',
  L2: 'listed',
  C2: 'carriers-listed',
  C3: 'carrier-deleted',
  N1: 'number-added',
  N2: 'number-added',
  N3: 'number-added',
  N5: 'number-added'
}

const server = 'asks nothing of a client'

/** Why nothing is asked about a rule. */
export const reasons: { [Rule in RuleId]?: string } = {
  B14: server,
  B15: server,
  E10: 'never becomes a request',
  E11: 'never becomes a request',
  J2: server,
  I3: server,
  I6: server,
  I11: server,
  I14: server,
  I15: server,
  O1: server
}
