namespace Insula.Images;

/// <summary>How far a load has come.</summary>
/// <param name="Step">What is being done.</param>
/// <param name="Item">The archive member or layer it is done to; empty when it is the whole.</param>
/// <param name="Bytes">Bytes done of this item.</param>
/// <param name="TotalBytes">Bytes of this item, null when not known.</param>
public sealed record LoadProgress(LoadStep Step, string Item, long Bytes, long? TotalBytes);
