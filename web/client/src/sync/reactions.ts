// Emoji on a message. Pure: lists are replaced, never changed in place.

export interface Reaction {
  emoji: string;
  count: number;
  /** Those who are known by id: the first, and oneself if among the others. */
  users: readonly string[];
}

/** Each user has each emoji once: the caller knows that this one is new. */
export function added(all: readonly Reaction[], emoji: string, user: string): Reaction[] {
  const known = all.some((reaction) => reaction.emoji === emoji);
  if (!known) return [...all, { emoji, count: 1, users: [user] }];
  return all.map((reaction) =>
    reaction.emoji === emoji
      ? { emoji, count: reaction.count + 1, users: [...reaction.users, user] }
      : reaction,
  );
}

export function removed(all: readonly Reaction[], emoji: string, user: string): Reaction[] {
  return all
    .map((reaction) =>
      reaction.emoji === emoji
        ? { emoji, count: reaction.count - 1, users: reaction.users.filter((other) => other !== user) }
        : reaction,
    )
    .filter(({ count }) => count > 0);
}

export function has(all: readonly Reaction[], emoji: string, user: string): boolean {
  return all.some((reaction) => reaction.emoji === emoji && reaction.users.includes(user));
}

/** The same with a wish fulfilled, whether or not it is already. */
export function wished(
  all: readonly Reaction[],
  emoji: string,
  user: string,
  on: boolean,
): readonly Reaction[] {
  if (has(all, emoji, user) === on) return all;
  return on ? added(all, emoji, user) : removed(all, emoji, user);
}
