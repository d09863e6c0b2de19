import { secretIn } from "./hash-secret.ts";

/** The one-time secret of that name in the address, which is then taken out of it and of the history. */
export function takeHashSecret(name: string): string | undefined {
  const secret = secretIn(window.location.hash, name);
  if (secret !== undefined) {
    const { pathname, search } = window.location;
    window.history.replaceState(window.history.state, "", pathname + search);
  }
  return secret;
}
