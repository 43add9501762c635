// What the real server refuses with 422, as far as a deployment platform can get it wrong. It is no complete schema: fields that are
// not named here are stored as they come.
import { isDeepStrictEqual } from 'node:util';

import type { Kind } from './kinds.js';
import { isJsonObject, type Json, type JsonObject, type KubeObject, textOf } from './objects.js';
import { parseQuantity } from './quantities.js';
import { matchesLabelSelector } from './selectors.js';
import { type Cause, invalid } from './status-error.js';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedName = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const environmentName = /^[ -<>-~]+$/;

const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const serviceNameText =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const labelValueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

type Report = (field: string, message: string, reason?: string) => void;

/** Throws a 422 with every cause, or returns. */
export function validate(kind: Kind, object: KubeObject, previous: KubeObject | undefined): void {
  const causes: Cause[] = [];
  const report: Report = (field, message, reason = 'FieldValueInvalid') => causes.push({ reason, message, field });
  checkMetadata(kind, object, report);
  const spec = object.spec ?? {};
  if (kind.resource === 'pods') checkPodSpec(spec, 'spec', report);
  if (kind.resource === 'deployments' || kind.resource === 'replicasets') checkWorkload(object, previous, report);
  if (kind.resource === 'jobs') checkJob(object, previous, report);
  if (kind.resource === 'services') checkService(spec, report);
  if (kind.resource === 'pods' && previous) checkPodUpdate(spec, previous.spec ?? {}, report);
  if (kind.resource === 'ingresses') checkIngress(spec, report);
  if (kind.resource === 'secrets') checkSecret(object, previous, report);
  if (kind.resource === 'configmaps') checkImmutable(object, previous, report);
  if (causes.length) throw invalid(kind, object.metadata.name, causes);
}

function checkMetadata(kind: Kind, { metadata }: KubeObject, report: Report): void {
  const { name } = metadata;
  if (!name) report('metadata.name', 'Required value: name or generateName is required', 'FieldValueRequired');
  else {
    const short = kind.resource === 'namespaces' || kind.resource === 'services';
    const limit = short ? 63 : 253;
    if (name.length > limit) report('metadata.name', invalidValue(name, `must be no more than ${limit} characters`));
    if (kind.resource === 'services' && !/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
      report('metadata.name', invalidValue(name, serviceNameText));
    } else if (short ? !label.test(name) : !subdomain.test(name)) {
      report('metadata.name', invalidValue(name, short ? labelText : subdomainText));
    }
  }
  checkLabels(metadata.labels, 'metadata.labels', report);
  for (const key of Object.keys(metadata.annotations ?? {})) {
    if (!qualifiedName.test(key.toLowerCase()))
      report('metadata.annotations', invalidValue(key, 'name part must be a qualified name'));
  }
}

function checkLabels(labels: Json | undefined, field: string, report: Report): void {
  for (const [key, value] of Object.entries(isJsonObject(labels) ? labels : {})) {
    if (!qualifiedName.test(key)) report(field, invalidValue(key, 'name part must be a qualified name'));
    const text = textOf(value);
    if (text.length > 63) report(field, invalidValue(text, 'must be no more than 63 characters'));
    else if (!labelValue.test(text)) report(field, invalidValue(text, labelValueText));
  }
}

function checkWorkload(object: KubeObject, previous: KubeObject | undefined, report: Report): void {
  const spec = object.spec ?? {};
  checkCount(spec.replicas, 'spec.replicas', report);
  checkCount(spec.minReadySeconds, 'spec.minReadySeconds', report);
  checkCount(spec.progressDeadlineSeconds, 'spec.progressDeadlineSeconds', report);
  if (!isJsonObject(spec.selector)) report('spec.selector', 'Required value', 'FieldValueRequired');
  const template = isJsonObject(spec.template) ? spec.template : {};
  const labels = isJsonObject(template.metadata) ? template.metadata.labels : undefined;
  checkLabels(labels, 'spec.template.metadata.labels', report);
  if (isJsonObject(spec.selector) && !matchesLabelSelector(spec.selector, (labels ?? {}) as Record<string, string>)) {
    report('spec.template.metadata.labels', invalidValue(labels ?? {}, '`selector` does not match template `labels`'));
  }
  if (previous && isJsonObject(spec.selector) && !isDeepStrictEqual(previous.spec?.selector, spec.selector)) {
    report('spec.selector', invalidValue(spec.selector, 'field is immutable'));
  }
  checkPodSpec(isJsonObject(template.spec) ? template.spec : {}, 'spec.template.spec', report);
}

function checkJob(object: KubeObject, previous: KubeObject | undefined, report: Report): void {
  const spec = object.spec ?? {};
  for (const field of [
    'parallelism',
    'completions',
    'backoffLimit',
    'activeDeadlineSeconds',
    'ttlSecondsAfterFinished',
  ]) {
    checkCount(spec[field], `spec.${field}`, report);
  }
  const template = isJsonObject(spec.template) ? spec.template : {};
  const podSpec = isJsonObject(template.spec) ? template.spec : {};
  checkPodSpec(podSpec, 'spec.template.spec', report);
  if (podSpec.restartPolicy !== 'OnFailure' && podSpec.restartPolicy !== 'Never') {
    report(
      'spec.template.spec.restartPolicy',
      `Required value: valid values: "OnFailure", "Never"`,
      'FieldValueRequired',
    );
  }
  if (previous && !isDeepStrictEqual(previous.spec?.template, spec.template)) {
    report('spec.template', invalidValue('', 'field is immutable'));
  }
}

function checkPodSpec(spec: JsonObject, path: string, report: Report): void {
  const containers = list(spec.containers);
  if (containers.length === 0) report(`${path}.containers`, 'Required value', 'FieldValueRequired');
  const names = new Set<string>();
  for (const [field, items] of [
    ['containers', containers],
    ['initContainers', list(spec.initContainers)],
  ] as const) {
    items.forEach((container, index) => {
      const at = `${path}.${field}[${index}]`;
      const name = textOf(container.name);
      if (!name) report(`${at}.name`, 'Required value', 'FieldValueRequired');
      else if (!label.test(name) || name.length > 63) report(`${at}.name`, invalidValue(name, labelText));
      if (names.has(name)) report(`${at}.name`, `Duplicate value: ${JSON.stringify(name)}`, 'FieldValueDuplicate');
      names.add(name);
      if (!container.image) report(`${at}.image`, 'Required value', 'FieldValueRequired');
      checkContainer(container, at, report);
    });
  }
}

function checkContainer(container: JsonObject, at: string, report: Report): void {
  list(container.ports).forEach((port, index) =>
    checkPort(port.containerPort, `${at}.ports[${index}].containerPort`, report),
  );
  list(container.env).forEach((variable, index) => {
    const name = textOf(variable.name);
    if (!name) report(`${at}.env[${index}].name`, 'Required value', 'FieldValueRequired');
    else if (!environmentName.test(name)) {
      report(
        `${at}.env[${index}].name`,
        invalidValue(
          name,
          "a valid environment variable name must consist only of printable ASCII characters other than '='",
        ),
      );
    }
  });
  const resources = isJsonObject(container.resources) ? container.resources : {};
  const amounts = (field: string): Map<string, number> => {
    const parsed = new Map<string, number>();
    for (const [resource, amount] of Object.entries(isJsonObject(resources[field]) ? resources[field] : {})) {
      const value = parseQuantity(amount as string | number);
      if (value === undefined || value < 0) {
        report(
          `${at}.resources.${field}.${resource}`,
          invalidValue(amount, 'must be a quantity that is greater than or equal to 0'),
        );
      } else parsed.set(resource, value);
    }
    return parsed;
  };
  const [requests, limits] = [amounts('requests'), amounts('limits')];
  for (const [resource, request] of requests) {
    const limit = limits.get(resource);
    if (limit !== undefined && request > limit) {
      const given = isJsonObject(resources.requests) ? resources.requests[resource] : undefined;
      const most = isJsonObject(resources.limits) ? textOf(resources.limits[resource]) : '';
      report(
        `${at}.resources.requests`,
        invalidValue(given, `must be less than or equal to ${resource} limit of ${most}`),
      );
    }
  }
}

function checkPodUpdate(spec: JsonObject, previous: JsonObject, report: Report): void {
  const fixed = (whole: JsonObject): JsonObject => {
    const {
      nodeName: _nodeName,
      tolerations: _tolerations,
      activeDeadlineSeconds: _deadline,
      terminationGracePeriodSeconds: _grace,
      ...rest
    } = whole;
    const withoutImages = (items: Json | undefined): Json => list(items).map(({ image: _image, ...others }) => others);
    return {
      ...rest,
      containers: withoutImages(whole.containers),
      initContainers: withoutImages(whole.initContainers),
    };
  };
  if (!isDeepStrictEqual(fixed(spec), fixed(previous))) {
    report(
      'spec',
      'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      'FieldValueForbidden',
    );
  }
}

function checkService(spec: JsonObject, report: Report): void {
  if (spec.type === 'ExternalName') {
    if (!spec.externalName) report('spec.externalName', 'Required value', 'FieldValueRequired');
    return;
  }
  const ports = list(spec.ports);
  if (ports.length === 0 && spec.clusterIP !== 'None') report('spec.ports', 'Required value', 'FieldValueRequired');
  ports.forEach((port, index) => {
    checkPort(port.port, `spec.ports[${index}].port`, report);
    if (ports.length > 1 && !port.name) report(`spec.ports[${index}].name`, 'Required value', 'FieldValueRequired');
    if (typeof port.targetPort === 'number') checkPort(port.targetPort, `spec.ports[${index}].targetPort`, report);
  });
}

function checkIngress(spec: JsonObject, report: Report): void {
  if (list(spec.rules).length === 0 && !spec.defaultBackend) {
    report('spec', 'Invalid value: either `defaultBackend` or `rules` must be specified');
  }
  list(spec.rules).forEach((rule, index) => {
    if (typeof rule.host === 'string' && rule.host && !subdomain.test(rule.host.replace(/^\*\./, ''))) {
      report(`spec.rules[${index}].host`, invalidValue(rule.host, subdomainText));
    }
    const http = isJsonObject(rule.http) ? rule.http : {};
    list(http.paths).forEach((path, at) => {
      if (!path.pathType) {
        report(
          `spec.rules[${index}].http.paths[${at}].pathType`,
          'Required value: pathType must be specified',
          'FieldValueRequired',
        );
      }
    });
  });
}

function checkSecret(object: JsonObject & KubeObject, previous: KubeObject | undefined, report: Report): void {
  const { data } = object as JsonObject;
  for (const [key, value] of Object.entries(isJsonObject(data) ? data : {})) {
    if (typeof value !== 'string' || Buffer.from(value, 'base64').toString('base64') !== value.replaceAll(/\s/g, '')) {
      report(`data[${key}]`, 'Invalid value: illegal base64 data');
    }
  }
  const [type, before] = [(object as JsonObject).type, (previous as JsonObject | undefined)?.type];
  if (previous && type !== before) report('type', invalidValue(type, 'field is immutable'));
  checkImmutable(object, previous, report);
}

function checkImmutable(object: JsonObject & KubeObject, previous: KubeObject | undefined, report: Report): void {
  const before = previous as JsonObject | undefined;
  const after = object as JsonObject;
  if (
    before?.immutable === true &&
    !isDeepStrictEqual([before.data, before.immutable], [after.data, after.immutable])
  ) {
    report('data', 'Forbidden: field is immutable when `immutable` is set', 'FieldValueForbidden');
  }
}

function checkCount(value: Json | undefined, field: string, report: Report): void {
  if (value === undefined || value === null) return;
  if (!Number.isInteger(value)) report(field, invalidValue(value, 'must be an integer'));
  else if (Number(value) < 0) report(field, invalidValue(value, 'must be greater than or equal to 0'));
}

function checkPort(value: Json | undefined, field: string, report: Report): void {
  if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > 65535) {
    report(field, invalidValue(value ?? 0, 'must be between 1 and 65535, inclusive'));
  }
}

function invalidValue(value: Json | undefined, why: string): string {
  return `Invalid value: ${JSON.stringify(value)}: ${why}`;
}

function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
