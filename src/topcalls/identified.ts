import { type TString, Type } from 'typebox'
import { Problem } from '../problem.ts'
import { enforcing } from './rules.ts'

/** The id in a path, of which upper and lower case are the same (RFC 9562, section 4). */
export const pathId = <Name extends string>(name: Name, description: string) =>
  Type.Object({
    [name]: Type.String({ format: 'uuid', ...enforcing('E17', 'must be a UUID'), description })
  } as Record<Name, TString>)

/** What an id is answered that the account has nothing under (E16); the same for those of others, so that nobody can search. */
export const notFound = (detail: string): Problem => new Problem('not_found', detail, { rules: ['E16'] })
