using System.Text.Json.Nodes;
using Insula.Network.Services;

namespace Insulad.Http;

/// <summary>Gives Services their addresses and node ports: after validation, before the store.</summary>
internal sealed class ServiceAllocationStep(ServiceAllocator allocator)
{
    /// <summary>Fills in what a valid Service lacks; nothing for other kinds.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="next">The object as it will be stored; changed in place.</param>
    /// <returns>To be disposed once the write is done or has failed; null for other kinds.</returns>
    /// <exception cref="ApiException">422: it names what cannot be had, or nothing is free.</exception>
    public IDisposable? Allocate(ApiRequest request, string name, JsonObject next)
    {
        if (request.Kind.QualifiedPlural != "services")
        {
            return null;
        }

        var lease = allocator.Lease(request.Namespace, name);
        try
        {
            Documents.ThrowIfInvalid(request, name, lease.Fill(next));
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }
}
