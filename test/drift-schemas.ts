import t from 'tap'
import { compareDocuments } from '../src/verify/drift.ts'
import { sending } from './fixtures/drift.ts'

t.test('schemas that say the same are the same', t => {
  const components = {
    schemas: {
      Tree: {
        type: 'object',
        properties: { children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } }
      }
    }
  }
  const tree = { $ref: '#/components/schemas/Tree' }
  const again = { type: 'object', properties: { children: { items: tree, type: 'array' } } }
  const text = { type: 'string', maxLength: 5 }
  const pairs: [string, unknown, unknown][] = [
    ['nullable and null', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
    ['null as an alternative', { anyOf: [text, { type: 'null' }] }, { ...text, type: ['null', 'string'] }],
    [
      'constants and values',
      { oneOf: [{ const: 'a' }, { const: 'b', title: 'B' }] },
      { type: 'string', enum: ['b', 'a'] }
    ],
    ['values with null', { type: 'string', nullable: true, enum: ['a'] }, { enum: ['a', null] }],
    ['one const', { const: 1 }, { type: 'integer', enum: [1] }],
    ['types as alternatives', { anyOf: [{ type: 'string' }, { type: 'number' }] }, { type: ['number', 'string'] }],
    ['allOf', { allOf: [{ type: 'string' }, { maxLength: 9 }], maxLength: 5 }, text],
    [
      'members by allOf',
      { allOf: [{ properties: { a: text } }, { required: ['a'] }], type: 'object' },
      { type: 'object', properties: { a: text }, required: ['a'] }
    ],
    [
      'the bound of 3.0',
      { type: 'number', minimum: 0, exclusiveMinimum: true },
      { type: 'number', exclusiveMinimum: 0 }
    ],
    ['a whole bound', { type: 'integer', exclusiveMaximum: 10 }, { type: 'integer', maximum: 9 }],
    ['order of alternatives', { oneOf: [again, text] }, { anyOf: [text, again] }],
    ['a circle, and one turn of it', tree, again],
    ['how a number is kept', { type: 'integer', format: 'int32' }, { type: 'integer' }],
    [
      'what only answers have',
      { type: 'object', properties: { id: { readOnly: true } }, required: ['id'] },
      { type: 'object' }
    ],
    [
      'a member called as a keyword',
      { type: 'object', properties: { description: text, constructor: text } },
      { type: 'object', properties: { constructor: text, description: text } }
    ]
  ]
  for (const [title, one, two] of pairs) {
    t.strictSame(compareDocuments(sending(one, { components }), sending(two, { components })), [], title)
    t.strictSame(compareDocuments(sending(two, { components }), sending(one, { components })), [], title)
  }
  t.end()
})

t.test('schemas that nearly say the same are not', t => {
  const pairs: [string, unknown, unknown][] = [
    [
      'another alternative',
      {
        oneOf: [
          { type: 'object', minProperties: 1 },
          { type: 'string', minLength: 1 }
        ]
      },
      {
        oneOf: [
          { type: 'object', minProperties: 2 },
          { type: 'string', minLength: 1 }
        ]
      }
    ],
    [
      'an alternative more',
      { type: 'object', required: ['a'] },
      {
        oneOf: [
          { type: 'object', required: ['a'] },
          { type: 'array', items: {} }
        ]
      }
    ],
    [
      'a member of Object.prototype',
      { type: 'object', properties: { constructor: { type: 'string' } } },
      { type: 'object', properties: {} }
    ],
    ['items', { type: 'array', items: { type: 'string' } }, { type: 'array' }],
    ['listed values of another type', { enum: ['a', null] }, { type: 'string', minLength: 0, enum: ['a'] }],
    ['integers', { type: 'integer' }, { type: 'number' }]
  ]
  for (const [title, one, two] of pairs) {
    t.equal(compareDocuments(sending(one), sending(two)).length, 1, title)
    t.equal(compareDocuments(sending(two), sending(one)).length, 1, title)
  }
  t.end()
})

t.test('listed values break where the other side has another type, whichever side lists them', t => {
  const listed = sending({ enum: ['a', 'b'] })
  const number = sending({ type: 'integer' })
  for (const changes of [compareDocuments(listed, number), compareDocuments(number, listed)]) {
    t.match(changes.at(-1), { breaking: true, text: /type is \w+ in theirs and \w+ in ours; neither fits/ })
  }
  t.match(compareDocuments(sending({ type: 'string' }), listed), [{ breaking: false, text: /only "a", "b" in ours/ }])
  t.match(compareDocuments(listed, sending({ type: 'string' })), [{ breaking: true, text: /only "a", "b" in theirs/ }])
  t.end()
})
