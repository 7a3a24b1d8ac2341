/**
 * Abbreviations of time zones that input knows: PostgreSQL's `Default` set. Most have meant one
 * offset for ever; what the others mean depends on the zone that they belong to, and on when.
 */
import { lowerAscii } from './text.ts';

/** Seconds east of UTC, and the abbreviations that mean it. */
const FIXED: readonly (readonly [seconds: number, names: string])[] = [
  [-36000, 'HST TAHT'],
  [-34200, 'MART'],
  [-32400, 'AKST GAMT'],
  [-28800, 'AKDT PST'],
  [-25200, 'MST PDT'],
  [-21600, 'CST MDT GALT'],
  [-18000, 'ACT COT CDT EST PET'],
  [-14400, 'BOT EDT AMT AST'],
  [-12600, 'NFT NST'],
  [-10800, 'BRA BRT CLST GFT PMST PYST UYT WGT ADT'],
  [-9000, 'NDT'],
  [-7200, 'BRST FNT PMDT UYST WGST'],
  [-3600, 'EGT FNST AZOT'],
  [0, 'EGST AZOST GMT UCT UT UTC Z ZULU WET'],
  [3600, 'WAT BST CET MET MEZ WETDST'],
  [7200, 'SAST IST BDST CEST CETDST EET MEST MESZ METDST'],
  [10800, 'EAT IDT EEST EETDST FET'],
  [12600, 'IRT'],
  [14400, 'MSD MUT RET SCT'],
  [16200, 'AFT'],
  [18000, 'PKT TJT UZT MUST MVT TFT'],
  [20700, 'NPT'],
  [21600, 'ALMT BDT BTT KGST PKST UZST XJT YEKST'],
  [23400, 'MMT'],
  [25200, 'ALMST ICT WAST CXT'],
  [28800, 'BNT BORT CCT HKT MYT PHT AWST WADT'],
  [31500, 'ACWST'],
  [32400, 'JAYT JST KST ULAST AWSST WDT PWT'],
  [34200, 'ACST CAST'],
  [36000, 'DDUT KDT AEST LIGT CHUT MPT PGT TRUT YAPT'],
  [37800, 'ACSST ACDT CADT LHST SADT'],
  [39600, 'AESST AEDT PONT VUT'],
  [43200, 'NZT FJT GILT MHT NZST TVT WAKT WFT'],
  [45900, 'CHAST'],
  [46800, 'FJST NZDT TOT'],
  [49500, 'CHADT'],
];

const OF_ZONES: readonly (readonly [zone: string, names: string])[] = [
  ['America/Argentina/Buenos_Aires', 'ART ARST'],
  ['America/Asuncion', 'PYT'],
  ['America/Caracas', 'VET'],
  ['America/Guyana', 'GYT'],
  ['America/Santiago', 'CLT'],
  ['Antarctica/Davis', 'DAVT'],
  ['Antarctica/Mawson', 'MAWT'],
  ['Asia/Anadyr', 'ANAST ANAT'],
  ['Asia/Ashgabat', 'TMT'],
  ['Asia/Baku', 'AZST AZT'],
  ['Asia/Bishkek', 'KGT'],
  ['Asia/Colombo', 'LKT'],
  ['Asia/Irkutsk', 'IRKST IRKT'],
  ['Asia/Kamchatka', 'PETST PETT'],
  ['Asia/Krasnoyarsk', 'KRAST KRAT'],
  ['Asia/Magadan', 'MAGST MAGT'],
  ['Asia/Novosibirsk', 'NOVST NOVT'],
  ['Asia/Omsk', 'OMSST OMST'],
  ['Asia/Singapore', 'SGT'],
  ['Asia/Tbilisi', 'GEST GET'],
  ['Asia/Ulaanbaatar', 'ULAT'],
  ['Asia/Vladivostok', 'VLAST VLAT'],
  ['Asia/Yakutsk', 'YAKST YAKT'],
  ['Asia/Yekaterinburg', 'YEKT'],
  ['Asia/Yerevan', 'AMST'],
  ['Atlantic/Stanley', 'FKST FKT'],
  ['Australia/Lord_Howe', 'LHDT'],
  ['Europe/Moscow', 'MSK'],
  ['Europe/Volgograd', 'VOLT'],
  ['Indian/Chagos', 'IOT'],
  ['Pacific/Easter', 'EASST EAST'],
  ['Pacific/Fakaofo', 'TKT'],
  ['Pacific/Kiritimati', 'LINT'],
  ['Pacific/Kosrae', 'KOST'],
  ['Pacific/Niue', 'NUT'],
  ['Pacific/Rarotonga', 'CKT'],
];

/** By the abbreviation in lower case. */
export const FIXED_ABBREVIATIONS: ReadonlyMap<string, number> = new Map(
  FIXED.flatMap(([seconds, names]) => words(names).map((word) => [word, seconds] as const)),
);

/** By the abbreviation in lower case: the zone whose clocks it is about. */
export const ZONE_ABBREVIATIONS: ReadonlyMap<string, string> = new Map(
  OF_ZONES.flatMap(([zone, names]) => words(names).map((word) => [word, zone] as const)),
);

function words(names: string): readonly string[] {
  return lowerAscii(names).split(' ');
}
