// The original's rule for an address (its validator's, itself from RFC 5322), in linear time.
const LOCAL_RUN = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u00a0-\u{10ffff}]+$/u;
const QUOTED = /^"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*"$/u;
const LABEL = /^[A-Za-z0-9\u00a0-\u{10ffff}](?:[A-Za-z0-9\-_~\u00a0-\u{10ffff}]*[A-Za-z0-9\u00a0-\u{10ffff}])?$/u;
const LAST_LABEL = /^[A-Za-z\u00a0-\u{10ffff}](?:[A-Za-z0-9\-_~\u00a0-\u{10ffff}]*[A-Za-z\u00a0-\u{10ffff}])?$/u;

export function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  if (at < 0) return false;
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
  return isLocal(local) && isDomain(domain.endsWith('.') ? domain.slice(0, -1) : domain);
}

function isLocal(local: string): boolean {
  return QUOTED.test(local) || local.split('.').every((run) => LOCAL_RUN.test(run));
}

function isDomain(domain: string): boolean {
  const labels = domain.split('.');
  const last = labels.pop() ?? '';
  return labels.length > 0 && labels.every((label) => LABEL.test(label)) && LAST_LABEL.test(last);
}
