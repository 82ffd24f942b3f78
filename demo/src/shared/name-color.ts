/** The color of a person, as a hue in degrees. The name alone decides it, so every page shows the same color. */
export function hueOfName(name: string): number {
  let sum = 7;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 360;
  return sum;
}
