import { useEffect, useState } from './preact.js'

const tokenName = 'fake-topcalls token'

/**
 * A value that components can follow.
 * @template Value
 * @param {Value} first
 */
export function followed(first) {
  let value = first
  /** @type {Set<(value: Value) => void>} */
  const followers = new Set()
  return {
    get: () => value,
    /** @param {Value} next */
    set(next) {
      value = next
      for (const follow of followers) follow(value)
    },
    /** The value, for a component that is drawn anew with each change. */
    use() {
      const [, draw] = useState(/** @type {unknown} */ (undefined))
      useEffect(() => {
        const follow = () => draw({})
        followers.add(follow)
        follow()
        return () => void followers.delete(follow)
      }, [])
      return value
    }
  }
}

/** Whether the server asks for a token that we do not have: why, in words. */
export const tokenWanted = followed('')

/** @param {string} token */
export function giveToken(token) {
  // Of this tab only: gone when it is closed, and no other page can read it.
  sessionStorage.setItem(tokenName, token)
  tokenWanted.set('')
}

/** @returns {Record<string, string>} */
export function credentials() {
  const token = sessionStorage.getItem(tokenName)
  return token ? { authorization: `Bearer ${token}` } : {}
}

/** Remembers that an answer was 401, so that the page asks for the token. */
export function askForToken() {
  const known = sessionStorage.getItem(tokenName) !== null
  tokenWanted.set(known ? 'The server does not take this token.' : 'This server asks for its control token.')
}

/**
 * Calls the control plane.
 * @param {string} method
 * @param {string} path
 * @param {{ query?: Record<string, string>, body?: object }} [more]
 * @returns {Promise<any>}
 */
export async function call(method, path, { query = {}, body } = {}) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''))
  const answer = await fetch(`v1/${path}${asked.size > 0 ? `?${asked}` : ''}`, {
    method,
    headers: { ...credentials(), ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) })
  }).catch(() => {
    throw new Error('The server does not answer.')
  })
  if (answer.status === 401) askForToken()
  if (answer.status === 204) return undefined
  const told = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(told.detail ?? `The server answered ${answer.status}.`)
  return told
}

/**
 * What a call answers, asked again whenever the key is another.
 * @template Value
 * @param {() => Promise<Value>} load
 * @param {string} key names what is asked for
 * @param {number} [turn] another turn asks again, and keeps what is shown until then
 * @returns {{ value: Value | undefined, error: string }}
 */
export function useLoaded(load, key, turn = 0) {
  const [state, setState] = useState(/** @type {{ key: string, value?: Value, error: string }} */ ({ key, error: '' }))
  useEffect(() => {
    let wanted = true
    load().then(
      value => wanted && setState({ key, value, error: '' }),
      error => wanted && setState({ key, error: error.message })
    )
    return () => {
      wanted = false
    }
  }, [key, turn])
  return state.key === key ? { value: state.value, error: state.error } : { value: undefined, error: '' }
}

/** Does something and tells what went wrong; `turn` is another after each. */
export function useAction() {
  const [error, setError] = useState('')
  const [turn, setTurn] = useState(0)
  /** @param {() => Promise<unknown>} action */
  const act = async action => {
    setError('')
    try {
      await action()
    } catch (failure) {
      setError(/** @type {Error} */ (failure).message)
    }
    setTurn(before => before + 1)
  }
  return { act, error, turn }
}

/** An account in a call: none for all. @param {string} account @returns {Record<string, string>} */
export const of = account => (account ? { account } : {})
