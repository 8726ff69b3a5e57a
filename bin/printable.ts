/**
 * Text that can't play tricks on a terminal: control characters and those that turn the writing direction are escaped.
 * Those in `allowed` stay.
 */
export function printable(text: string, allowed = ''): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => {
    if (allowed.includes(character)) return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
