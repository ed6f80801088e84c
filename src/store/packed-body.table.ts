/**
 * Pieces of text that most stored records hold; each stands in the store as two bytes. Only ever add at the end: what
 * stands in the files of cabinets is read by the place in this list. There is room for 94.
 *
 * Each piece costs some 20 ns whenever a record is read, so what saves less than eight bytes is not worth it.
 */
export const PHRASES: readonly string[] = [
  ...[',"clock":"synced"', ',"clock":"holdover"', ',"configRev":', ',"observedAtMs":'],
  ...[',"source":"loop"', ',"source":"camera"', ',"sensor":'],
  // Passages.
  ...[',"direction":"forward"', ',"onTimeMs":', ',"speedKmh":', ',"speedMethod":"dual-loop"'],
  ...[
    ',"speedMethod":"camera"',
    ',"speedMethod":"device"',
    ',"speedMethod":"single-loop"',
    ',"speedMethod":null',
  ],
  ...[',"speedUncertaintyPct":', ',"lengthM":', ',"lengthClass":', ',"class":null', ',"headwayMs":'],
  ...[',"counterOnly":false'],
  // Flow.
  ...[',"startMs":', ',"widthS":', ',"leadReason":null', ',"leadReason":', ',"partial":false'],
  ...[',"reverseCount":0,"counterOnlyCount":0,"lateCount":0', ',"reverseCount":', ',"counterOnlyCount":'],
  ...[',"lateCount":', ',"resolution":"resolved"', ',"resolution":', ',"flowVehH":', ',"occupancyPct":'],
  ...[',"occupancyMethod":"edges"', ',"occupancyMethod":', ',"occupancyUncertaintyPct":'],
  ...[',"timeMeanSpeedKmh":', ',"spaceMeanSpeedKmh":', ',"speed85Kmh":', ',"speedCount":'],
  ...[',"spotSpeedCount":', ',"effectiveLength":{"lengthM":', ',"effectiveLength":null', ',"vehicles":'],
  ...[
    ',"basis":"measured"',
    ',"meanHeadwayS":',
    ',"meanGapS":',
    ',"meanLengthM":',
    ',"classScheme":"gbt43229"',
  ],
  ...[',"classScheme":', ',"classCounts":', ',"unclassified":'],
  ...[',"queuePresenceS":null,"queueLengthM":null,"meanQueueLengthM":null', ',"queuePresenceS":'],
  ...[
    ',"queueLengthM":null,"meanQueueLengthM":null',
    ',"queueLengthM":',
    ',"meanQueueLengthM":',
    ',"expected":',
  ],
  ...[',"received":', ',"coveragePct":100,"gaps":[]', ',"coveragePct":'],
  // Movements.
  ...[
    ',"movements":[{"entry":',
    '},{"entry":',
    ',"motorcycle":',
    ',"unmatchedEntries":',
    ',"unmatchedExits":',
  ],
  // Incidents.
  ...[',"incidentKind":', ',"sensors":', ',"grounds":', ',"certainty":', ',"severity":', ',"startedAtMs":'],
  ...[',"openedAtMs":', ',"closedAtMs":', ',"positionPx":', ',"positionM":', ',"evidence":'],
];
