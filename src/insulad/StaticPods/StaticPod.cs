using System.Text.Json.Nodes;
using Insula.Store;

namespace Insulad.StaticPods;

/// <summary>A pod that a file asks for.</summary>
/// <param name="Key">Its name, with this machine's behind it, and its namespace.</param>
/// <param name="Hash">What its manifest comes down to.</param>
/// <param name="Document">The manifest as it would be sent to create the pod.</param>
internal sealed record StaticPod(ObjectKey Key, string Hash, JsonObject Document);
