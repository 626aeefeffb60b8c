/** Why a device may not talk: not registered where it must be, banned, or outside of the address ranges it is pinned to. */
export const LOGIN_REFUSALS = ['unknown', 'banned', 'address'] as const;
export type LoginRefusal = (typeof LOGIN_REFUSALS)[number];
