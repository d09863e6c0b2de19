/** The secret of that name in a URL's hash, a part that browsers send to no server: `/login#link=…`. Pure. */
export function secretIn(hash: string, name: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, "")).get(name) ?? undefined;
}
