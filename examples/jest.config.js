/** @type {import('jest').Config} */
export default {
  testMatch: ['**/jest.test.ts'],
  transform: { '\\.ts$': '@swc/jest' },
  extensionsToTreatAsEsm: ['.ts']
}
