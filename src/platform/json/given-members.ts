type GivenMembers<T> = { [Name in keyof T]?: Exclude<T[Name], null | undefined> };

/** A copy without the members that are null or undefined: in a request, null stands for "not given", as many hosts' JSON writers have it. */
export function givenMembers<T extends object>(input: T): GivenMembers<T> {
  return Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== null && value !== undefined),
  ) as GivenMembers<T>;
}
