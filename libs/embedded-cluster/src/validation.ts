// What the real server refuses with 422, as far as a deployment platform can get it wrong. It is no complete schema: fields that are
// not named here are stored as they come.
import { isDeepStrictEqual } from 'node:util';

import type { Kind } from './kinds.js';
import { checkLimitRange } from './limit-ranges.js';
import { labelText, wrongKey, wrongLabelName, wrongLabelValue, wrongSubdomain } from './names.js';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  type ObjectMeta,
  type OwnerReference,
  textOf,
} from './objects.js';
import { parseQuantity } from './quantities.js';
import { matchesLabelSelector } from './selectors.js';
import { checkPort, invalidValue, list, type Report, unsupported } from './reports.js';
import { type Cause, invalid } from './status-error.js';
import { checkConfigMap, checkSecret } from './validate-data.js';
import { checkIngress } from './validate-ingresses.js';
import { checkService } from './validate-services.js';

const environmentName = /^[ -<>-~]+$/;
const standardFinalizers = ['orphan', 'foregroundDeletion', 'kubernetes'];
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const annotationLimit = 256 * 1024;

/** Throws a 422 with every cause, or returns. */
export function validate(kind: Kind, object: KubeObject, previous: KubeObject | undefined): void {
  const causes: Cause[] = [];
  const report: Report = (field, message, reason = 'FieldValueInvalid') => causes.push({ reason, message, field });
  checkMetadata(kind, object, previous, report);
  const spec = object.spec ?? {};
  if (kind.resource === 'pods') checkPodSpec(spec, 'spec', report);
  if (kind.resource === 'deployments' || kind.resource === 'replicasets') checkWorkload(object, previous, report);
  if (kind.resource === 'jobs') checkJob(object, previous, report);
  if (kind.resource === 'services') checkService(object, previous, report);
  if (kind.resource === 'pods' && previous) checkPodUpdate(spec, previous.spec ?? {}, report);
  if (kind.resource === 'ingresses') checkIngress(spec, report);
  if (kind.resource === 'resourcequotas') checkQuota(spec, report);
  if (kind.resource === 'limitranges') checkLimitRange(spec, report);
  if (kind.resource === 'deployments') checkStrategy(spec, report);
  if (kind.resource === 'secrets') checkSecret(object, previous, report);
  if (kind.resource === 'configmaps') checkConfigMap(object, previous, report);
  if (causes.length) throw invalid(kind, object.metadata.name, causes);
}

function checkMetadata(kind: Kind, { metadata }: KubeObject, previous: KubeObject | undefined, report: Report): void {
  const { name, generateName } = metadata;
  const wrongName = kind.resource === 'namespaces' || kind.resource === 'services' ? wrongLabelName : wrongSubdomain;
  if (generateName && !previous) {
    const wrong = wrongName(generateName.replace(/-$/, 'a'));
    if (wrong) report('metadata.generateName', invalidValue(generateName, wrong));
  }
  if (!name) report('metadata.name', 'Required value: name or generateName is required', 'FieldValueRequired');
  else {
    const wrong = wrongName(name);
    if (wrong) report('metadata.name', invalidValue(name, wrong));
  }
  checkLabels(metadata.labels, 'metadata.labels', report);
  let size = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    const wrong = wrongKey(key.toLowerCase());
    if (wrong) report('metadata.annotations', invalidValue(key, wrong));
    size += Buffer.byteLength(key) + Buffer.byteLength(textOf(value));
  }
  if (size > annotationLimit) {
    report('metadata.annotations', `Too long: may not be more than ${annotationLimit} bytes`, 'FieldValueTooLong');
  }
  checkOwners(metadata.ownerReferences ?? [], report);
  checkFinalizers(metadata, previous, report);
}

function checkOwners(owners: readonly OwnerReference[], report: Report): void {
  for (const { uid } of owners) if (!uid) report('metadata.ownerReferences.uid', invalidValue('', 'must not be empty'));
  const [first, second] = owners.filter(({ controller }) => controller);
  if (!first || !second) return;
  const both = `${first.kind}/${first.name} and ${second.kind}/${second.name}`;
  const why = `Only one reference can have Controller set to true. Found "true" in references for ${both}`;
  const ordered = owners.map(({ apiVersion, kind, name, uid, ...rest }) => ({ apiVersion, kind, name, uid, ...rest }));
  report('metadata.ownerReferences', invalidValue(ordered, why));
}

function checkFinalizers(metadata: ObjectMeta, previous: KubeObject | undefined, report: Report): void {
  const finalizers = metadata.finalizers ?? [];
  finalizers.forEach((finalizer, index) => {
    const wrong = wrongKey(finalizer);
    if (wrong) report('metadata.finalizers', invalidValue(finalizer, wrong));
    else if (!finalizer.includes('/') && !standardFinalizers.includes(finalizer)) {
      const why = 'name is neither a standard finalizer name nor is it fully qualified';
      report(`metadata.finalizers[${index}]`, invalidValue(finalizer, why));
    }
  });
  const added = finalizers.filter((finalizer) => !previous?.metadata.finalizers?.includes(finalizer));
  if (previous?.metadata.deletionTimestamp !== undefined && added.length) {
    const found = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
    const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${found}`;
    report('metadata.finalizers', `Forbidden: ${why}`, 'FieldValueForbidden');
  }
}

/** Returns whether they are right. */
function checkLabels(labels: Json | undefined, field: string, report: Report): boolean {
  let right = true;
  const wrongIs = (value: string, wrong: string | undefined): void => {
    if (!wrong) return;
    right = false;
    report(field, invalidValue(value, wrong));
  };
  for (const [key, value] of Object.entries(isJsonObject(labels) ? labels : {})) {
    wrongIs(key, wrongKey(key));
    wrongIs(textOf(value), wrongLabelValue(textOf(value)));
  }
  return right;
}

function checkWorkload(object: KubeObject, previous: KubeObject | undefined, report: Report): void {
  const spec = object.spec ?? {};
  checkCount(spec.replicas, 'spec.replicas', report);
  checkCount(spec.minReadySeconds, 'spec.minReadySeconds', report);
  checkCount(spec.progressDeadlineSeconds, 'spec.progressDeadlineSeconds', report);
  const selector = isJsonObject(spec.selector) ? spec.selector : undefined;
  if (!selector) report('spec.selector', 'Required value', 'FieldValueRequired');
  const isRight = !selector || checkLabels(selector.matchLabels, 'spec.selector.matchLabels', report);
  if (!isRight) report('spec.selector', invalidValue(selector, 'invalid label selector'));
  const template = isJsonObject(spec.template) ? spec.template : {};
  const labels = isJsonObject(template.metadata) ? template.metadata.labels : undefined;
  if (isRight) {
    checkLabels(labels, 'spec.template.metadata.labels', report);
    if (!selector || !matchesLabelSelector(selector, (labels ?? {}) as Record<string, string>)) {
      const why = '`selector` does not match template `labels`';
      report('spec.template.metadata.labels', invalidValue(labels ?? null, why));
    }
  }
  if (previous && isJsonObject(spec.selector) && !isDeepStrictEqual(previous.spec?.selector, spec.selector)) {
    report('spec.selector', invalidValue(spec.selector, 'field is immutable'));
  }
  checkPodSpec(isJsonObject(template.spec) ? template.spec : {}, 'spec.template.spec', report);
}

function checkStrategy(spec: JsonObject, report: Report): void {
  const strategy = isJsonObject(spec.strategy) ? spec.strategy : {};
  if (strategy.type !== 'Recreate' && strategy.type !== 'RollingUpdate') {
    const shown = { Type: strategy.type, RollingUpdate: null };
    report('spec.strategy', unsupported(shown, ['Recreate', 'RollingUpdate']), 'FieldValueNotSupported');
  }
  const { maxSurge, maxUnavailable } = isJsonObject(strategy.rollingUpdate) ? strategy.rollingUpdate : {};
  if (maxSurge === 0 && maxUnavailable === 0) {
    report('spec.strategy.rollingUpdate.maxUnavailable', invalidValue(0, 'may not be 0 when `maxSurge` is 0'));
  }
  checkCount(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', report);
  if (Number(spec.progressDeadlineSeconds) <= Number(spec.minReadySeconds ?? 0)) {
    report(
      'spec.progressDeadlineSeconds',
      invalidValue(spec.progressDeadlineSeconds, 'must be greater than minReadySeconds'),
    );
  }
  if (isJsonObject(spec.selector) && Object.keys(spec.selector).length === 0) {
    report('spec.selector', invalidValue({}, 'empty selector is invalid for deployment'));
  }
  const template = isJsonObject(spec.template) && isJsonObject(spec.template.spec) ? spec.template.spec : {};
  if (template.restartPolicy !== undefined && template.restartPolicy !== 'Always') {
    const wrong = unsupported(template.restartPolicy, ['Always']);
    report('spec.template.spec.restartPolicy', wrong, 'FieldValueNotSupported');
  }
  if (strategy.type !== 'Recreate' || strategy.rollingUpdate === undefined) return;
  const why = "may not be specified when strategy `type` is 'Recreate'";
  report('spec.strategy.rollingUpdate', `Forbidden: ${why}`, 'FieldValueForbidden');
}

function checkQuota(spec: JsonObject, report: Report): void {
  for (const [resource, amount] of Object.entries(isJsonObject(spec.hard) ? spec.hard : {})) {
    const value = parseQuantity(amount as string) ?? 0;
    const field = `spec.hard[${resource}]`;
    if (value < 0) report(field, invalidValue(amount, 'must be greater than or equal to 0'));
    else if (!/(cpu|memory|storage)$/.test(resource) && !Number.isInteger(value)) {
      report(field, invalidValue(amount, 'must be an integer'));
    }
  }
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
    report('spec.template.spec', invalidValue(template.spec, 'field is immutable'));
  }
}

function checkPodSpec(spec: JsonObject, path: string, report: Report): void {
  const containers = list(spec.containers);
  if (containers.length === 0) report(`${path}.containers`, 'Required value', 'FieldValueRequired');
  const names = new Set<string>();
  const volumes = new Set(list(spec.volumes).map(({ name }) => name));
  for (const [field, items] of [
    ['containers', containers],
    ['initContainers', list(spec.initContainers)],
  ] as const) {
    items.forEach((container, index) => {
      const at = `${path}.${field}[${index}]`;
      const name = textOf(container.name);
      if (!name) report(`${at}.name`, 'Required value', 'FieldValueRequired');
      else if (wrongLabelName(name)) report(`${at}.name`, invalidValue(name, wrongLabelName(name) ?? labelText));
      if (names.has(name)) report(`${at}.name`, `Duplicate value: ${JSON.stringify(name)}`, 'FieldValueDuplicate');
      names.add(name);
      const policy = textOf(container.imagePullPolicy);
      if (!pullPolicies.includes(policy)) {
        report(`${at}.imagePullPolicy`, unsupported(policy, pullPolicies), 'FieldValueNotSupported');
      }
      if (!container.image) report(`${at}.image`, 'Required value', 'FieldValueRequired');
      checkContainer(container, at, report);
      list(container.volumeMounts).forEach((mount, position) => {
        if (volumes.has(mount.name)) return;
        const field = `${at}.volumeMounts[${position}].name`;
        report(field, `Not found: ${JSON.stringify(mount.name ?? '')}`, 'FieldValueNotFound');
      });
    });
  }
}

function checkContainer(container: JsonObject, at: string, report: Report): void {
  list(container.ports).forEach(({ containerPort }, index) => {
    const field = `${at}.ports[${index}].containerPort`;
    if (!containerPort) report(field, 'Required value', 'FieldValueRequired');
    else checkPort(containerPort, field, report);
  });
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
        report(`${at}.resources.${field}[${resource}]`, invalidValue(amount, 'must be greater than or equal to 0'));
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

function checkCount(value: Json | undefined, field: string, report: Report): void {
  if (value === undefined || value === null) return;
  if (!Number.isInteger(value)) report(field, invalidValue(value, 'must be an integer'));
  else if (Number(value) < 0) report(field, invalidValue(value, 'must be greater than or equal to 0'));
}
