import { LINE_MAX_BYTES } from '@slipway/contracts';

/** The message, cut at 64 KiB of UTF-8 before the character that would not fit whole. */
export function cutMessage(text: string, maxBytes = LINE_MAX_BYTES): { message: string; truncated: boolean } {
  // A character has at most three bytes per UTF-16 unit: most lines need no copy.
  if (text.length * 3 <= maxBytes) return { message: text, truncated: false };
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return { message: text, truncated: false };
  let end = maxBytes;
  // 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0b1100_0000) === 0b1000_0000) end -= 1;
  return { message: bytes.toString('utf8', 0, end), truncated: true };
}
