/** A piece of a sentence: its words, or someone's name, which may be written in the other direction. */
export type Piece = string | { readonly name: string };

/** Says who is writing; nothing when nobody is. */
export function typingText(names: readonly string[]): Piece[] {
  const [one, other, ...more] = names;
  if (one === undefined) return [];
  if (other === undefined) return [{ name: one }, " is typing…"];
  if (more.length > 0) return ["Several people are typing…"];
  return [{ name: one }, " and ", { name: other }, " are typing…"];
}
