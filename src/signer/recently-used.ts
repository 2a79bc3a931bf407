// Two steps by which a Map becomes a cache that drops what was least recently used: its order is that of use.

/** The value, which becomes the most recently used. */
export function touch<T>(map: Map<string, T>, key: string): T | undefined {
  const value = map.get(key);
  if (value !== undefined) {
    map.delete(key);
    map.set(key, value);
  }
  return value;
}

/** Drops the least recently used until `max` are left. @returns what was dropped */
export function dropOldest<T>(map: Map<string, T>, max: number): readonly T[] {
  const dropped: T[] = [];
  for (const [key, value] of map) {
    if (map.size <= max) break;
    map.delete(key);
    dropped.push(value);
  }
  return dropped;
}
