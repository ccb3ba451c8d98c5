/** What WMI's error numbers mean, and what to do about them. */

interface Meaning {
  readonly name: string;
  readonly meaning: string;
}

const meanings: ReadonlyMap<number, Meaning> = new Map([
  [
    0x80041001,
    {
      name: "WBEM_E_FAILED",
      meaning: "WMI failed without saying why; the Windows event log (WMI-Activity) may know more.",
    },
  ],
  [0x80041002, { name: "WBEM_E_NOT_FOUND", meaning: "The class, a property or an object was not found." }],
  [
    0x80041003,
    {
      name: "WBEM_E_ACCESS_DENIED",
      meaning: "Access denied. Some classes and namespaces need an administrator.",
    },
  ],
  [0x80041004, { name: "WBEM_E_PROVIDER_FAILURE", meaning: "The program behind this class failed." }],
  [
    0x80041005,
    { name: "WBEM_E_TYPE_MISMATCH", meaning: "A value of the filter has another type than the property." },
  ],
  [0x80041006, { name: "WBEM_E_OUT_OF_MEMORY", meaning: "WMI is out of memory." }],
  [0x80041008, { name: "WBEM_E_INVALID_PARAMETER", meaning: "WMI does not take one of the query's parts." }],
  [0x80041009, { name: "WBEM_E_NOT_AVAILABLE", meaning: "It is not available at present." }],
  [
    0x8004100a,
    {
      name: "WBEM_E_CRITICAL_ERROR",
      meaning: "WMI has an internal error; its repository may be damaged (winmgmt /verifyrepository).",
    },
  ],
  [0x8004100c, { name: "WBEM_E_NOT_SUPPORTED", meaning: "The class can't be queried in this way." }],
  [0x8004100e, { name: "WBEM_E_INVALID_NAMESPACE", meaning: "There is no such namespace." }],
  [0x80041010, { name: "WBEM_E_INVALID_CLASS", meaning: "There is no such class in this namespace." }],
  [
    0x80041011,
    { name: "WBEM_E_PROVIDER_NOT_FOUND", meaning: "The program behind this class is not installed." },
  ],
  [
    0x80041013,
    { name: "WBEM_E_PROVIDER_LOAD_FAILURE", meaning: "The program behind this class could not be loaded." },
  ],
  [0x80041014, { name: "WBEM_E_INITIALIZATION_FAILURE", meaning: "A part of WMI could not start." }],
  [0x80041015, { name: "WBEM_E_TRANSPORT_FAILURE", meaning: "The connection to WMI failed." }],
  [
    0x80041017,
    {
      name: "WBEM_E_INVALID_QUERY",
      meaning:
        "The query is not valid: mostly a property that the class does not have, or one that can't be compared like this.",
    },
  ],
  [0x80041018, { name: "WBEM_E_INVALID_QUERY_TYPE", meaning: "The query language is not supported." }],
  [0x80041032, { name: "WBEM_E_CALL_CANCELLED", meaning: "The call was cancelled." }],
  [0x80041033, { name: "WBEM_E_SHUTTING_DOWN", meaning: "WMI is shutting down." }],
  [
    0x80041058,
    { name: "WBEM_E_INVALID_PROPERTY", meaning: "The class does not have one of the properties." },
  ],
  [
    0x80041068,
    { name: "WBEM_E_QUOTA_VIOLATION", meaning: "A quota of WMI is used up; ask for less at once." },
  ],
  [0x80041069, { name: "WBEM_E_TIMED_OUT", meaning: "WMI ran out of time." }],
  [
    0x8004106c,
    { name: "WBEM_E_QUOTA_VIOLATION", meaning: "A quota of WMI is used up; ask for less at once." },
  ],
  [
    0x80070005,
    { name: "E_ACCESSDENIED", meaning: "Access denied. Some classes and namespaces need an administrator." },
  ],
  [0x8007000e, { name: "E_OUTOFMEMORY", meaning: "The system is out of memory." }],
  [
    0x80070422,
    {
      name: "ERROR_SERVICE_DISABLED",
      meaning: "The service Winmgmt (Windows Management Instrumentation) is disabled.",
    },
  ],
  [
    0x800706ba,
    {
      name: "RPC_S_SERVER_UNAVAILABLE",
      meaning: "The service Winmgmt (Windows Management Instrumentation) does not answer.",
    },
  ],
  [0x800706be, { name: "RPC_S_CALL_FAILED", meaning: "The service Winmgmt ended during the query." }],
  [0x80040154, { name: "REGDB_E_CLASSNOTREG", meaning: "WMI's scripting objects are not installed." }],
  [0x800401f3, { name: "CO_E_CLASSSTRING", meaning: "WMI's scripting objects are not installed." }],
  [0x800a01ad, { name: "CANNOT_CREATE_OBJECT", meaning: "WMI's scripting objects are not installed." }],
]);

/** MI_Result, as CimException.NativeErrorCode names it. */
const nativeNumbers: Readonly<Record<string, number>> = {
  Failed: 0x80041001,
  AccessDenied: 0x80041003,
  InvalidNamespace: 0x8004100e,
  InvalidParameter: 0x80041008,
  InvalidClass: 0x80041010,
  NotFound: 0x80041002,
  NotSupported: 0x8004100c,
  NoSuchProperty: 0x80041058,
  TypeMismatch: 0x80041005,
  QueryLanguageNotSupported: 0x80041018,
  InvalidQuery: 0x80041017,
  InvalidOperationTimeout: 0x80041069,
};

export interface WmiError {
  /** `0x80041010`; empty when there is none. */
  readonly hresult: string;
  /** `WBEM_E_INVALID_CLASS`; empty when unknown. */
  readonly name: string;
  readonly meaning: string;
  /** Windows' own words, in its own language. */
  readonly message: string;
}

/** @param fault what the script reported: fields that it could find */
export function wmiErrorOf(fault: unknown): WmiError {
  const fields = new Map<string, unknown>(
    typeof fault === "object" && fault !== null ? Object.entries(fault) : [],
  );
  const text = (name: string): string => String(fields.get(name) ?? "");
  const message = text("message").trim();
  const number =
    hresultIn(text("messageId")) ??
    nativeNumbers[text("native")] ??
    hresultIn(message) ??
    (typeof fields.get("number") === "number" ? Number(fields.get("number")) >>> 0 : 0);
  const known = meanings.get(number);
  return {
    hresult: number === 0 ? "" : `0x${number.toString(16).toUpperCase().padStart(8, "0")}`,
    name: known?.name ?? "",
    meaning: known?.meaning ?? "",
    message,
  };
}

export function wmiErrorText({ hresult, name, meaning, message }: WmiError): string {
  const code = [hresult, name === "" ? "" : `(${name})`].filter((part) => part !== "").join(" ");
  const said = message === "" ? [] : [`Windows says: ${message}`];
  return [`WMI error${code === "" ? "" : ` ${code}`}${meaning === "" ? "." : `: ${meaning}`}`, ...said].join(
    "\n",
  );
}

/** `HRESULT 0x80041010` */
function hresultIn(text: string): number | undefined {
  const hex = /\b0x([0-9a-f]{8})\b/iu.exec(text)?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}
