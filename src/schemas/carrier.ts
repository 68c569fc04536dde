export const trunkTypes = ['static_ip', 'auth', 'reg'] as const
export type TrunkType = (typeof trunkTypes)[number]
