import type { ClassScheme } from '../../traffic/site-definition.ts';
import type { ClassSchemeName } from '../schema/lane.ts';

/** No vehicle on a road is as long: the bin that ends here takes all that the others leave. */
export const ANY_LENGTH_M = 1000;

/**
 * Length classes that are built in.
 *
 * `gbt43229`: the three classes of the real-time record of GB/T 43229-2023, c below 6 m, b below 12 m, a from 12 m
 * on (as a public implementation of that protocol has them; the printed standard was not at hand).
 *
 * `fhwa4`: motorcycle, short, medium, long, the four bins of the US pooled-fund study TPF-5(192), "Loop- and
 * length-based vehicle classification". The boundaries are those that the open-source system IRIS of the Minnesota
 * DOT works with (VehLengthClass.java): 7, 20 and 43 ft, which are 2.13, 6.10 and 13.11 m. The study's own
 * boundaries were not at hand; write a list of your own where yours matter.
 *
 * `tls9`: TLS 8+1 of the German "Technische Lieferbedingungen für Streckenstationen" has car, car with trailer,
 * van, truck, truck with trailer, articulated truck, bus, motorcycle, and what is none of them. A length cannot
 * tell these nine: a van is as long as a car, a bus as a truck, and a car with a trailer as either. What a
 * length can carry are the two groups that TLS makes of them (like a car, like a truck) and motorcycles, most
 * of which are shorter than any car. So the bins are called after these groups; their boundaries are ours, taken
 * from `fhwa4` and `gbt43229`. Two things are wrong by nature: a long van or a car with a trailer counts as like a
 * truck, and a very short car may count as a motorcycle. The groups' code numbers are left out, because the text
 * that defines them was not at hand.
 */
export const CLASS_SCHEME_TABLE: Readonly<Record<ClassSchemeName, ClassScheme>> = {
  gbt43229: {
    scheme: 'gbt43229',
    bins: [
      { name: 'c', belowM: 6 },
      { name: 'b', belowM: 12 },
      { name: 'a', belowM: ANY_LENGTH_M },
    ],
  },
  fhwa4: {
    scheme: 'fhwa4',
    bins: [
      { name: 'motorcycle', belowM: 2.13 },
      { name: 'short', belowM: 6.1 },
      { name: 'medium', belowM: 13.11 },
      { name: 'long', belowM: ANY_LENGTH_M },
    ],
  },
  tls9: {
    scheme: 'tls9',
    bins: [
      { name: 'krad', belowM: 2.13 },
      { name: 'pkw-aehnlich', belowM: 6 },
      { name: 'lkw-aehnlich', belowM: ANY_LENGTH_M },
    ],
  },
};
