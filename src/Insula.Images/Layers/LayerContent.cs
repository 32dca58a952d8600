namespace Insula.Images.Layers;

/// <summary>What an unpacked layer turned out to be.</summary>
/// <param name="Size">Bytes of its files.</param>
/// <param name="Entries">Entries read.</param>
/// <param name="SelfContained">
/// Every directory in it was listed by it. Otherwise some took owner and mode from the layers below, and the
/// unpacked form is right only above those.
/// </param>
/// <param name="HidesAll">It marks its root opaque: nothing of the layers below is seen.</param>
/// <param name="Warnings">What was left out, and why.</param>
internal sealed record LayerContent(long Size, long Entries, bool SelfContained, bool HidesAll, IReadOnlyList<string> Warnings);
