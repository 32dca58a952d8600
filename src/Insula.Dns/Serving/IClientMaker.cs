namespace Insula.Dns.Serving;

/// <summary>Makes who waits for an answer only when one has to wait.</summary>
internal interface IClientMaker
{
    /// <summary>Who waits.</summary>
    IClient Make();
}
