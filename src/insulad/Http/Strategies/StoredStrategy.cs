using Insula.Api.Kinds;

namespace Insulad.Http.Strategies;

/// <summary>A kind that is kept because manifests bring it, with a warning that it means nothing here.</summary>
internal sealed class StoredStrategy(KindInfo kind) : ResourceStrategy(kind);
