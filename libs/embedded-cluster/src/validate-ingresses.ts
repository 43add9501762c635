import { wrongSubdomain } from './names.js';
import { isJsonObject, type JsonObject, textOf } from './objects.js';
import { invalidValue, list, type Report, unsupported } from './reports.js';

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

export function checkIngress(spec: JsonObject, report: Report): void {
  if (list(spec.rules).length === 0 && !spec.defaultBackend) {
    report('spec', 'Invalid value: null: either `defaultBackend` or `rules` must be specified');
  }
  list(spec.rules).forEach((rule, index) => {
    if (typeof rule.host === 'string' && rule.host) {
      const isAddress = /^\d+(\.\d+){3}$/.test(rule.host);
      const wrong = isAddress
        ? 'must be a DNS name, not an IP address'
        : wrongSubdomain(rule.host.replace(/^\*\./, ''));
      if (wrong) report(`spec.rules[${index}].host`, invalidValue(rule.host, wrong));
    }
    const http = isJsonObject(rule.http) ? rule.http : {};
    list(http.paths).forEach((path, at) => {
      checkPath(path, `spec.rules[${index}].http.paths[${at}]`, report);
    });
  });
}

function checkPath({ path, pathType, backend }: JsonObject, at: string, report: Report): void {
  if (!pathType) report(`${at}.pathType`, 'Required value: pathType must be specified', 'FieldValueRequired');
  else if (!pathTypes.includes(textOf(pathType))) {
    report(`${at}.pathType`, unsupported(pathType, pathTypes), 'FieldValueNotSupported');
  } else if (pathType !== 'ImplementationSpecific' && !textOf(path).startsWith('/')) {
    report(`${at}.path`, invalidValue(path ?? '', 'must be an absolute path'));
  }
  const { service, resource } = isJsonObject(backend) ? backend : {};
  if (!isJsonObject(service)) {
    if (!resource) report(`${at}.backend`, invalidValue('', 'resource or service backend is required'));
    return;
  }
  const { name, number } = isJsonObject(service.port) ? service.port : {};
  if (!name && !number)
    report(`${at}.backend`, 'Required value: port name or number is required', 'FieldValueRequired');
}
