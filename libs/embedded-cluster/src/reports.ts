// How a check of an object says what is wrong, and the checks that are needed everywhere.
import { isJsonObject, type Json, type JsonObject } from './objects.js';

export type Report = (field: string, message: string, reason?: string) => void;

export function checkPort(value: Json | undefined, field: string, report: Report): void {
  if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > 65535) {
    report(field, invalidValue(value ?? 0, 'must be between 1 and 65535, inclusive'));
  }
}

export function invalidValue(value: Json | undefined, why: string): string {
  return `Invalid value: ${JSON.stringify(value)}: ${why}`;
}

export function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function unsupported(value: Json | undefined, supported: readonly string[]): string {
  return `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map((text) => JSON.stringify(text)).join(', ')}`;
}
