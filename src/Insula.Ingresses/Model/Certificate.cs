namespace Insula.Ingresses.Model;

/// <summary>A certificate and the hosts that are served with it.</summary>
/// <param name="Name">Its name, which its content makes: another content, another name.</param>
/// <param name="Pem">Certificates and key, in PEM.</param>
/// <param name="Hosts">The hosts, ordered.</param>
public sealed record Certificate(string Name, string Pem, IReadOnlyList<string> Hosts);
