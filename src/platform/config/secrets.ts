const SECRET_NAME = /(^|_)(KEY|SECRET|PASSWORD|TOKEN)S?$/;
/** A shorter one is found in words that are none, and guarded nothing anyway. */
const SHORTEST = 6;

/** What must never be written anywhere, of these settings or environment variables: keys, secrets, and passwords in URLs. */
export function secretsOf(settings: Iterable<readonly [name: string, value: unknown]>): string[] {
  const found = new Set<string>();
  for (const [name, value] of settings) {
    if (typeof value !== 'string') {
      continue;
    }
    if (SECRET_NAME.test(name)) {
      [value, ...value.split(',')].forEach((secret) => found.add(secret.trim()).add(secret.trim().replace(/^whsec_/, '')));
    }
    passwordsOf(value).forEach((password) => found.add(password));
  }
  // The longest first: one may be a part of another.
  return [...found].filter((secret) => secret.length >= SHORTEST).sort((one, other) => other.length - one.length);
}

function passwordsOf(value: string): string[] {
  if (!value.includes('://') || !URL.canParse(value)) {
    return [];
  }
  const { password, searchParams } = new URL(value);
  return [password, decode(password), searchParams.get('password') ?? ''];
}

function decode(password: string): string {
  try {
    return decodeURIComponent(password);
  } catch {
    // A lone "%": then it stands in the URL as it is.
    return password;
  }
}
