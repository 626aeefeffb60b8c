/** Why a device may not talk: not registered where it must be, banned, or outside of the address ranges it is pinned to. */
export type LoginRefusal = 'unknown' | 'banned' | 'address';
