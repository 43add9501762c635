import { isJsonObject, type KubeObject, textOf } from './objects.js';
import { checkPort, invalidValue, list, type Report, unsupported } from './reports.js';

const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

export function checkService(object: KubeObject, previous: KubeObject | undefined, report: Report): void {
  const spec = object.spec ?? {};
  const type = textOf(spec.type);
  if (!serviceTypes.includes(type)) report('spec.type', unsupported(type, serviceTypes), 'FieldValueNotSupported');
  const before = previous?.spec?.clusterIP;
  if (before && spec.type !== 'ExternalName' && spec.clusterIP !== before) {
    report('spec.clusterIPs[0]', invalidValue([textOf(spec.clusterIP)], 'may not change once set'));
  }
  checkBalancer(object, report);
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
    const others = ports.slice(0, index);
    if (port.name && others.some(({ name }) => name === port.name)) {
      report(`spec.ports[${index}].name`, `Duplicate value: ${JSON.stringify(port.name)}`, 'FieldValueDuplicate');
    }
    if (others.some((other) => other.port === port.port && other.protocol === port.protocol)) {
      report(`spec.ports[${index}]`, `Duplicate value: ${JSON.stringify(port)}`, 'FieldValueDuplicate');
    }
  });
}

function checkBalancer({ spec = {}, status = {} }: KubeObject, report: Report): void {
  const { ingress } = isJsonObject(status.loadBalancer) ? status.loadBalancer : {};
  if (spec.type === 'LoadBalancer' || list(ingress).length === 0) return;
  const why = "may only be used when `spec.type` is 'LoadBalancer'";
  report('status.loadBalancer.ingress', `Forbidden: ${why}`, 'FieldValueForbidden');
}
