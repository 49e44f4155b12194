/**
 * A ModelProto that computes in float16: `y = float32(sqrt(float16(x)))`, x and y float32 [1]. Opset 21. A test writes it
 * anew and compares.
 */
export const probeGraph: Uint8Array = Uint8Array.from(
  atob(
    "CAo6dAoaCgF4EgRoYWxmIgRDYXN0KgkKAnRvGAqgAQIKEgoEaGFsZhIEcm9vdCIEU3FydAoaCgRyb290EgF5IgRDYXN0KgkKAnRvGAGgAQISBHRlc3RaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgIQFQ==",
  ),
  (character) => character.charCodeAt(0),
);
