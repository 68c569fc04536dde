import { Type } from 'typebox'
import { instantAfter } from '../clock.ts'
import { Problem } from '../problem.ts'
import { IdOf, milliseconds, OfAccount } from '../schemas/common.ts'
import { scopes as allScopes, KeyInfo, KeyRequest, MintedKey } from '../schemas/key.ts'
import { keyInfo } from '../store/keys.ts'
import { namedAccount } from './accounts.ts'
import { answers, described, noContent } from './document.ts'
import type { Control, ControlServices } from './services.ts'

export function keyRoutes(control: Control, { keys, accounts }: ControlServices): void {
  const List = Type.Object({ data: Type.Array(KeyInfo) })

  control.get(
    '/keys',
    {
      schema: {
        ...described('keys', 'listKeys', 'List the keys of an account, or of all; never the keys themselves'),
        querystring: OfAccount,
        response: answers(200, List)
      }
    },
    async ({ query }) => ({ data: keys.list(namedAccount(keys, query.account)).map(keyInfo) })
  )

  control.post(
    '/keys',
    {
      schema: {
        ...described('keys', 'mintKey', 'Mint a key, or list a given one, in the place of what was listed of it'),
        body: KeyRequest,
        response: answers(201, MintedKey)
      }
    },
    async ({ body }, reply) => {
      const { scopes = [...allScopes], revoked = false, expires_at, ttl } = body
      if (expires_at !== undefined && ttl !== undefined) {
        const message = 'and expires_at exclude each other'
        throw Problem.refusing('invalid_body', [{ path: 'ttl', message, code: 'custom' }])
      }
      // A key that is known stays with its account.
      const account_id = namedAccount(keys, body.account ?? (body.key && keys.accountOf(body.key))) ?? keys.newAccount()
      if (body.account !== undefined && body.key !== undefined && keys.isOfAnother({ key: body.key }, account_id)) {
        const message = 'is listed for another account'
        throw Problem.refusing('invalid_body', [{ path: 'key', message, code: 'custom' }])
      }
      const key = body.key ?? keys.newToken(account_id)
      const now = accounts.clockOf(account_id).now()
      const until = ttl === undefined ? expires_at : instantAfter(now, milliseconds(ttl))
      const minted = keys.add({ key, account_id, scopes, revoked, ...(until && { expires_at: until }) })
      return reply.code(201).send({ key, ...keyInfo(minted) })
    }
  )

  control.delete(
    '/keys/:id',
    {
      schema: {
        ...described('keys', 'revokeKey', 'Revoke a key: it answers 401 from now on'),
        params: IdOf,
        querystring: OfAccount,
        response: noContent
      }
    },
    async ({ params: { id }, query }, reply) => {
      const own = keys.list(namedAccount(keys, query.account))
      if (!own.some(key => key.id === id)) throw new Problem('not_found', 'No listed key has this id')
      keys.revoke(id)
      return reply.code(204).send(null)
    }
  )

  control.delete(
    '/keys',
    {
      schema: {
        ...described('keys', 'revokeKeys', 'Revoke the listed keys of an account, or of all'),
        querystring: OfAccount,
        response: noContent
      }
    },
    async ({ query }, reply) => {
      for (const { id } of keys.list(namedAccount(keys, query.account))) keys.revoke(id)
      return reply.code(204).send(null)
    }
  )
}
