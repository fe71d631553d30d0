// Make the JSON Schemas of dashboards and of their panels' options from the types of @grafana/schema.
// Run in the folder that holds node_modules; writes schemas.json there.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createGenerator } from 'ts-json-schema-generator';

const types = 'node_modules/@grafana/schema/dist/types/raw';
const wanted = { dashboard: [`${types}/dashboard/x/types.gen.d.ts`, 'Dashboard'] };
for (const panel of ['timeseries', 'stat', 'bargauge', 'table', 'state-timeline']) {
  const path = `${types}/composable/${panel.replace('-', '')}/panelcfg/x/types.gen.d.ts`;
  wanted[`${panel}.options`] = [path, 'Options'];
  if (['timeseries', 'table', 'state-timeline'].includes(panel)) wanted[`${panel}.custom`] = [path, 'FieldConfig'];
}
const made = {};
for (const [name, [path, type]] of Object.entries(wanted)) {
  if (!existsSync(path)) throw new Error(`${path} is gone; there is ${readdirSync(types)}`);
  made[name] = createGenerator({ path, type, skipTypeCheck: true, expose: 'all' }).createSchema(type);
}
writeFileSync('schemas.json', JSON.stringify(made));
